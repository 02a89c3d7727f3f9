"""The door: nobody's data are reached without ``authorise``."""

from glykos.server.sharing.door import Access, Purpose, authorise, for_maintenance

__all__ = ["Access", "Purpose", "authorise", "for_maintenance"]
