"""Which filters of another network are like this one? Two atlases beside each other.

No study of one atlas: `filter-gallery compare` makes a site of its own. Nothing here needs torch.
"""
