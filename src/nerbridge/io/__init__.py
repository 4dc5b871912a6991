"""Files as people have them: lines, tables, Parquet, and what cannot be read at all."""
