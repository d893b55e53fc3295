"""A page to look at cells, to correct them and to learn from the corrections, with an API behind it.

In go images by upload or by name, out come label TIFFs, ROIs, GeoJSON, tables, and weights of a laboratory's
own. Everything that a person did lies on the disk before it is answered, so a restart loses nothing; nothing
is sent anywhere. `server.serve` runs it; it needs the extra `serve` (starlette, uvicorn).

    settings, meta, store            every limit; one image's facts; the images on the disk
    intake, look, tiles              bytes → file, checked; pixels → levels; levels and labels → tiles
    thresholds, fields               what the sliders say; what the network said, and cells made of it again
    cells, edits, journal, working   labels with a table; a correction; all of them; the labels as they stand
    lanes, predicting, learning      one job at a time; the network's and the tracking's; `tune` as a process
    saving                           labels → files, by the writers of app.write
    guard, api, pictures             who may ask; what; tiles among it
    describe, openapi                what is told; all of it in words
    session, server                  all parts together; the process
    static/                          the page itself, no build step
"""
