"""The dialects: one folder each, four files alike."""
