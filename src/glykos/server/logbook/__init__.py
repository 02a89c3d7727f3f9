"""What a person writes down: entries, favourites, days."""
