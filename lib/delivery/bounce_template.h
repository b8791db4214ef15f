/*
 * The words of notifications: what stands in bounce_template_file, else our own. For the bounce
 * service, and for buzonconf, which shows them. Format: Postfix's bounce(5).
 */
#ifndef BUZON_LIB_DELIVERY_BOUNCE_TEMPLATE_H
#define BUZON_LIB_DELIVERY_BOUNCE_TEMPLATE_H

#include "lib/config/config.h"

enum bounce_template_kind {
    BOUNCE_TEMPLATE_FAILURE,
    BOUNCE_TEMPLATE_DELAY,
    BOUNCE_TEMPLATE_SUCCESS,
    BOUNCE_TEMPLATE_VERIFY,
    BOUNCE_TEMPLATE_COUNT
};

struct bounce_template {
    const char *kind; /* "failure" */
    const char *charset;
    const char *from;
    const char *subject;
    const char *postmaster_subject; /* NULL: postmasters get none of this kind */
    const char *text;               /* lines with their ends; $name is not expanded yet */
};

struct bounce_templates {
    struct bounce_template items[BOUNCE_TEMPLATE_COUNT];
    struct arena *arena; /* of what the file says; NULL: nothing */
};

/* bounce_templates_builtin - our own; nothing to be released */
struct bounce_templates bounce_templates_builtin(void);

/*
 * bounce_templates_parse - our own, those in their place that the text of a file defines
 *
 *  path      for messages
 *  warnings  what was passed over: unknown templates and header fields
 *  err       PERMANENT: file, line and what is wrong; then nothing need be released
 */
bool bounce_templates_parse(const char *path, struct span text,
                            struct bounce_templates *templates_r, struct strlist *warnings,
                            struct error *err) MUST_CHECK;
void bounce_templates_release(struct bounce_templates *templates);

/*
 * bounce_template_expand - append the text, its $names replaced
 *
 * Names are those of parameters. One that is a time can have a suffix that says in what unit it is
 * meant: _seconds, _minutes, _hours, _days, _weeks; or _text, for a number and the unit that suits.
 *
 *  lookup  the value of a parameter, as text
 *  err     PERMANENT: a name without a value, or a malformed reference
 */
bool bounce_template_expand(const struct bounce_template *words, config_value_lookup *lookup,
                            void *context, struct buf *out, struct error *err) MUST_CHECK;

/* bounce_template_print - append the template as it would stand in a file */
void bounce_template_print(const struct bounce_template *words, struct buf *out);

#endif
