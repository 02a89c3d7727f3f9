"""What every page and request shares: clock, headers, error pages, log lines, health check."""
