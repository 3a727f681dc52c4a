"""What a run will take, before it runs: ``framesel plan``.

    scan ─ shards ─ expected frames ─────────────┐
      └ sample ─ real stages, timed ─ costs ─────┴ arithmetic ─ rows ─ advice ─ table

``ahead.py`` looks at the input as a scan would, ``expected.py`` counts frames from metadata,
``sample.py`` and ``pieces.py`` choose little footage that stands for all, ``bench.py`` and
``measuring.py`` run the recipe's stages on it, ``repeating.py`` and ``gathering.py`` time those
that see everything, ``costs.py`` is the model, ``foretelling.py`` applies it to a recipe,
``advice.py`` to changed ones, ``prediction.py`` keeps what was said beside what became of it,
``words.py`` says it.
"""

MEASURE_S = 25.0
"""Seconds for measuring, but for the time that programs and models take to start."""
