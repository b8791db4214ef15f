/*
 * The parameter table as data: what the reader of main.cf, buzonconf and the manual see of
 * parameters.def. Daemons use struct config (lib/config/config.h) and never need this.
 */
#ifndef BUZON_LIB_CONFIG_PARAMETER_H
#define BUZON_LIB_CONFIG_PARAMETER_H

#include "lib/base/base.h"

enum parameter_kind {
    PARAMETER_TEXT,
    PARAMETER_RAW,
    PARAMETER_ENUM,
    PARAMETER_BOOL,
    PARAMETER_INT,
    PARAMETER_TIME,
    PARAMETER_SIZE,
};

enum parameter_support { PARAMETER_WORKS, PARAMETER_LATER };

struct parameter {
    const char *name;
    const char *value;   /* the default as in main.cf; of computed ones a description */
    const char *readers; /* programs, separated by commas; "all": each looks at it */
    uint16_t offset;     /* of the member of struct config */
    uint8_t kind;        /* enum parameter_kind */
    uint8_t support;     /* enum parameter_support */
};

/* INDEX_myhostname and so on: the place of a row in the table. */
#define P(kind, name, value, support, readers, doc) INDEX_##name,
#define PARAMETERS_OWN                              INDEX_OWN_FIRST, INDEX_OWN_BEFORE = INDEX_OWN_FIRST - 1,
enum {
#include "lib/config/parameters.def"
    PARAMETER_COUNT
};
#undef P
#undef PARAMETERS_OWN

extern const struct parameter parameters[PARAMETER_COUNT];
/* One line of documentation each; kept apart, so that daemons do not carry the texts. */
extern const char *const parameter_docs[PARAMETER_COUNT];

/* parameter_find - the row of a name, NULL when the table has none */
const struct parameter *parameter_find(struct span name);

/* parameter_has_reader - does this program, by the name of its file, read it? */
bool parameter_has_reader(const struct parameter *parameter, const char *program);

static inline size_t parameter_index(const struct parameter *parameter)
{
    return (size_t)(parameter - parameters);
}

/* parameter_minimum - the least value of a number, or of a time in seconds */
int parameter_minimum(const struct parameter *parameter);
/* parameter_may_be_empty - is a text with nothing in it a value of this parameter? */
bool parameter_may_be_empty(const struct parameter *parameter);
/* parameter_is_hostname - is its value the name of a host or a domain? */
bool parameter_is_hostname(const struct parameter *parameter);
/* parameter_maximum - the greatest value of a number; 0: none */
int parameter_maximum(const struct parameter *parameter);

/* parameter_unsupported - why it has no effect; NULL when it works */
const char *parameter_unsupported(const struct parameter *parameter);

/* restriction_unsupported - why smtpd does not know this restriction of Postfix; NULL for all others */
const char *restriction_unsupported(const char *name);

/* parameter_choices - the NULL-terminated set of values of an ENUM; NULL for other kinds */
const char *const *parameter_choices(const struct parameter *parameter);

/*
 * parameter_nearest - the known name that an unknown one was probably meant to be
 *
 * NULL when none is near: more than a third of the letters would have to change.
 */
const char *parameter_nearest(const char *name);

#endif
