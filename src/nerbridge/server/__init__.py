"""The tagger behind HTTP: limits first, then a queue, then one model that all requests share."""
