"""Devices, clocks and readings left out: what a person says about the data."""
