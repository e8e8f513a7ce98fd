"""A model as a picture of boxes and arrows: told by boxes.py, placed by layout.py, drawn by svg.py and raster.py."""
