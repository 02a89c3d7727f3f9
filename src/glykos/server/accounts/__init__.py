"""Log-in names: who somebody is. Nothing here knows about health data."""
