"""Cue words that are read only in texts of their own language (`tongue`), one module for a family of languages.

Written as in `lexicon`: folded, `word*` is a stem, `two_words` a phrase. What stands in `lexicon` is read in every text
and stays bound to what weights were trained on; what is added for other languages belongs here.
"""
