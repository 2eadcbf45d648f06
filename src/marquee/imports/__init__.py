"""Public data sets as landing files, by mappings that are data."""

from marquee.imports.mapping import (
    Mapping,
    MappingError,
    import_folder,
    known_mappings,
    load_mapping,
)

__all__ = ["Mapping", "MappingError", "import_folder", "known_mappings", "load_mapping"]
