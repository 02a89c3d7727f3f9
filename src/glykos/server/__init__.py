"""The Django project; the only place that imports Django."""
