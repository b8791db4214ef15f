/*
 * The grammar of the right-hand side of an alias and of the lines of a .forward or :include: file:
 * lines of items, separated by commas, each possibly in double quotes. Source: aliases(5).
 */
#ifndef BUZON_LIB_DELIVERY_ALIAS_ITEM_H
#define BUZON_LIB_DELIVERY_ALIAS_ITEM_H

#include "lib/base/base.h"

/* alias_line_take - split off the next line, without white space around it; one that is a comment, with
 * all commas and quotes in it, is taken for an empty one */
struct span alias_line_take(struct span *rest);

/* alias_item_take - split off the next item of a line: up to a comma outside quotes and comments, without
 * white space around it; may be empty */
struct span alias_item_take(struct span *rest);

/* alias_item_text - "|command \"x\"", also |"command \"x\"", without its quotes and backslashes; a quote that
 * nothing ends is ended there, and what is not wholly in quotes stays as it is */
const char *alias_item_text(struct arena *arena, struct span item);

#endif
