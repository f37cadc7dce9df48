"""The pages of a comparison: the first page, the layers of both networks, their filters."""
