"""Colors of a picture of a model, and what they are for.

Above: svg.py and raster.py.
"""

INK, LINE, ARROW = "#1d2530", "#aab4c0", "#5b6877"
TITLE, TITLE_INK = "#263445", "#ffffff"
GROUP = "#f3f5f8"
# Background and ink of a fact, by its tone.
FILLS = {"plain": ("#ffffff", INK), "yes": ("#2e7d4f", "#ffffff"), "no": ("#a3423f", "#ffffff")}
