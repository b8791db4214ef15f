/*
 * What config_read has read, before it became a struct config: the settings as written, and their
 * expanded values as they are asked for. For lib/config and buzonconf.
 */
#ifndef BUZON_LIB_CONFIG_SOURCE_H
#define BUZON_LIB_CONFIG_SOURCE_H

#include "lib/base/hash.h"
#include "lib/config/config.h"
#include "lib/config/parameter.h"

/* One name: of the table, or one that main.cf defines for itself. */
struct entry {
    const char *text;  /* as written; NULL: not set, the default counts */
    const char *value; /* expanded; NULL: not yet */
    int line;          /* in main.cf; 0: from elsewhere, or not set */
    bool expanding;    /* to see names that refer to themselves */
};

/* A setting in the order of main.cf; names are set again only if main.cf says it twice. */
struct setting {
    const char *name;
    const struct parameter *parameter; /* NULL: a name of the user's own */
};

/* A value that cannot be evaluated: why not, in words for those who read it. */
struct flaw {
    const struct parameter *parameter;
    enum error_kind kind;
    const char *text;
};

struct config_source {
    struct arena *arena;
    const char *directory;
    const char *path;    /* of main.cf */
    const char *service; /* "" in tools */
    struct entry known[PARAMETER_COUNT];
    struct hash *others; /* of struct entry; NULL: none */
    struct setting *settings;
    size_t setting_count;
    struct flaw *flaws; /* found by config_read, in the order of the table */
    size_t flaw_count;
    struct strlist warnings;       /* what is odd but harmless in main.cf, for config_report_... */
    struct error networks_failure; /* why mynetworks cannot be computed; NONE: not known */
    int depth;                     /* of names that refer to names */
    struct buf scratch;            /* expansions in progress, one behind the other */
    bool as_written; /* tools: do not replace myorigin = /file by the file's content */
};

/*
 * source_read - read main.cf and apply overrides; nothing is expanded or checked yet
 *
 * Arguments and errors are those of config_read.
 */
struct config_source *source_read(const char *directory, const struct strlist *overrides,
                                  const char *service, struct error *err) MUST_CHECK;
/* source_defaults - a source in which nothing is set; main.cf is not read. Never fails. */
struct config_source *source_defaults(const char *directory) __attribute__((returns_nonnull));

/* source_parse - apply the text of a main.cf; PERMANENT with file, line and what is wrong */
bool source_parse(struct config_source *source, struct span text, struct error *err) MUST_CHECK;

void source_free(struct config_source **source);

/* source_directory - `directory`, or when it is NULL or "" the one that counts then; borrowed */
const char *source_directory(const char *directory);

/* source_entry - of a name that is known or set; else NULL */
struct entry *source_entry(struct config_source *source, struct span name);

/* source_default - the default of a row as text, not expanded; computed ones are computed now.
 * NULL: it cannot be computed, see *err. */
const char *source_default(struct config_source *source, const struct parameter *parameter,
                           struct error *err) MUST_CHECK;

/* source_value - the expanded value of a row; NULL and *err: malformed, or it refers to itself.
 * Borrowed from the source. */
const char *source_value(struct config_source *source, const struct parameter *parameter,
                         struct error *err) MUST_CHECK;

/* source_value_of - the same for any name; *value_r is NULL when it is not set, which is no error */
bool source_value_of(struct config_source *source, struct span name, const char **value_r,
                     struct error *err) MUST_CHECK;

/* source_note_flaw - remember that a value cannot be evaluated, with *err */
void source_note_flaw(struct config_source *source, const struct parameter *parameter,
                      const struct error *err);
/* source_find_flaws - what config_read does of itself: look at each parameter that is set (lib/config/config.c) */
void source_find_flaws(struct config_source *source);

/* source_expand - a text that refers to the names of the source; NULL and *err */
const char *source_expand(struct config_source *source, struct span text,
                          struct error *err) MUST_CHECK;

#endif
