{#- A text as words to compare: lower case, one blank between words and one at either end. Punctuation
    becomes blanks and the underscore nothing, letters of all scripts stay; '#' stays before the word it
    stands at, so that hashtags can be told. Null stays null.

    By lists of characters, because classes of regular expressions differ from engine to engine. The
    last three steps join runs of blanks: '<' and '>' are free to mark them once they are blanks. -#}
{% macro normalised_text(text) -%}
    {%- set separators = (
        '\t\n\r!"$%&\'()*+,-./:;<=>?@[\\]^`{|}~'
        ~ '\u00a0\u00a1\u00a7\u00ab\u00b0\u00b4\u00b7\u00bb\u00bf'
        ~ '\u2009\u200a\u200b\u200d\u2010\u2011\u2012\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e'
        ~ '\u2022\u2026\u202f\u2039\u203a\u3000\u3001\u3002\u300c\u300d\ufe0f\uff01\uff1f'
        ~ '\u2605\u2606\u2728\u2764\u2b50'
        ~ '\U0001f37f\U0001f3ac\U0001f3b5\U0001f3b6\U0001f440\U0001f44d\U0001f44e\U0001f44f\U0001f495'
        ~ '\U0001f4af\U0001f4fa\U0001f525\U0001f600\U0001f602\U0001f60a\U0001f60d\U0001f621\U0001f622'
        ~ '\U0001f629\U0001f62d\U0001f631\U0001f634\U0001f644\U0001f64f\U0001f914\U0001f923\U0001f929'
        ~ '\U0001f970\U0001f973'
    ) -%}
    replace(replace(replace(
        ' ' || translate(
            replace(lower({{ text }}), '#', ' #'),
            '{{ separators | replace("'", "''") }}_',
            '{{ " " * separators | length }}'
        ) || ' ',
        ' ', '<>'
    ), '><', ''), '<>', ' ')
{%- endmacro %}
