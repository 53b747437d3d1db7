"""Why a person was told of something, or was not: rows become facts, findings, words.

`gathering` reads the rows, `judging` knows only data, `words` says it in a language.
"""
