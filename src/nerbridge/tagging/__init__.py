"""A trained model over text: entities with offsets in the user's own string.

>>> from nerbridge.tagging import Entity, Tagger
"""

from nerbridge.tagging.entity import Entities, Entity
from nerbridge.tagging.tagger import StreamResult, Tagger

__all__ = ["Entities", "Entity", "StreamResult", "Tagger"]
