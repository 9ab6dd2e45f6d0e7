"""Side-by-side runs against peers. Every table is one run, its variants interleaved: read the ratios."""
