"""Glykos: diabetes therapy management, from device bytes to reports.

Data flows one way, in this order (ARCHITECTURE.md draws it; import-linter enforces it):
errors, therapy, formats, metrics, charts, reports, publish, demo, server, cli.
"""

__version__ = "0.1.0"
