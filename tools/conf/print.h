/* Lines of main.cf and master.cf as buzonconf prints them: words with one blank between them, on
 * request folded at 80 columns with continuation lines. */
#ifndef BUZON_TOOLS_CONF_PRINT_H
#define BUZON_TOOLS_CONF_PRINT_H

#include "lib/base/buf.h"

struct printer {
    struct buf *out;
    bool folded;
    size_t width; /* of folded lines */
    size_t column;
    bool begun;    /* a word stands on this line already */
    bool complete; /* the next word begins a line, if lines are folded */
};

/* print_word - a word, behind a blank or on a line of its own */
void print_word(struct printer *printer, struct span word);
/* print_words - the words of a text */
void print_words(struct printer *printer, struct span text);
/* print_column - blanks up to a column, at least one */
void print_column(struct printer *printer, size_t column);
void print_end(struct printer *printer);

/* print_setting - "name = value" in the form of `show` (enum show) */
void print_setting(struct buf *out, unsigned show, const char *name, const char *value);

#endif
