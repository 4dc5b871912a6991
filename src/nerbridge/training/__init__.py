"""Recipes, stages and experiments."""
