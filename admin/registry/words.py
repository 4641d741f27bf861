"""The words of the registry's pages, in Japanese and English."""

from admin.registry import words_cards, words_fields, words_says

WORDS: dict[str, dict[str, str]] = words_fields.WORDS | words_says.WORDS | words_cards.WORDS
