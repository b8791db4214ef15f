/*
 * What a table asks a server, and how it words the answer: templates with %s, %u, %d, %S, %U, %D,
 * %1 to %9 and %%, the list of domains that it asks for at all, and the limit of what it answers.
 * Source: Postfix mysql_table(5) (query, result_format, domain, expansion_limit).
 */
#ifndef BUZON_LIB_MAP_TABLE_QUERY_H
#define BUZON_LIB_MAP_TABLE_QUERY_H

#include "lib/map/table_settings.h"

struct table_query;

/* table_query_create - with result_format, domain and expansion_limit of the settings; NULL and *err */
struct table_query *table_query_create(const struct table_settings *settings,
                                       struct error *err) MUST_CHECK;
void table_query_free(struct table_query **query);

/* table_query_template - announce a template that keys will be put into, before the first look-up;
 * PERMANENT: something behind a % that is none of the above */
bool table_query_template(struct table_query *query, const char *template,
                          struct error *err) MUST_CHECK;

/* table_query_applies - FOUND: this key may be asked for; ABSENT: its domain is not in the list, or
 * it lacks what a template wants, or is empty; UNAVAILABLE: the list of domains cannot tell */
enum map_result table_query_applies(struct table_query *query, struct span key,
                                    struct error *err) MUST_CHECK;

/* table_quote - append a text so that it is nothing but text to the server; false and *err */
typedef bool table_quote(void *context, struct span text, struct buf *quoted_r, struct error *err);

/* table_query_expand - a template with an applicable key in it; `quote` NULL: as it is */
bool table_query_expand(const char *template, struct span key, table_quote *quote, void *context,
                        struct buf *text_r, struct error *err) MUST_CHECK;

/* An answer in the making. */
struct table_answer {
    const struct table_query *query;
    struct span key;
    struct buf *value;
    int count;     /* of values so far */
    bool too_much; /* it is past a limit: no other server has less to say */
};

/* table_answer_add - one more value, worded by result_format and joined by a comma; empty ones are
 * left out. False, *err and too_much: past expansion_limit or the limit of the buffer. */
bool table_answer_add(struct table_answer *answer, struct span value, struct error *err) MUST_CHECK;

#endif
