"""Who and what the news are about: entities grouped, counted over time, compared and shown."""
