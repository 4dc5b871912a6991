"""Maps from fine entity types to coarse ones: those in the package, and those that users write."""

from nerbridge.type_maps.mapping import (
    MAP_NAMES,
    TypeMap,
    TypeMapSpec,
    fitting_map,
    is_map_file,
    kept_types,
    map_tags,
    map_types,
    read_type_map,
    unnamed_message,
)

__all__ = [
    "MAP_NAMES",
    "TypeMap",
    "TypeMapSpec",
    "fitting_map",
    "is_map_file",
    "kept_types",
    "map_tags",
    "map_types",
    "read_type_map",
    "unnamed_message",
]
