"""A simulated person with pump, sensor and meter, told through the ordinary file formats."""
