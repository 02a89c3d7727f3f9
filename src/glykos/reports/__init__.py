"""The report set: ``build(history, window, options) -> Document``. ``REPORTS`` is the whole list."""
