/*
 * The configuration as daemons see it: one struct with a member for every parameter of the one table
 * (lib/config/parameters.def), evaluated, with the -o overrides of this service applied. Read once
 * at start; it never changes in a process (master renews processes on reload).
 */
#ifndef BUZON_LIB_CONFIG_CONFIG_H
#define BUZON_LIB_CONFIG_CONFIG_H

#include "lib/base/buf.h"
#include "lib/base/strlist.h"

/*
 * A row of parameters.def is P(kind, name, default, support, readers, doc). Kinds and their C types:
 *   TEXT   const char *   never NULL, $name expanded. Lists, tables, paths, addresses, classes: all TEXT
 *   RAW    const char *   not expanded ($name stays): its reader expands it when it is used, with
 *                         config_expand (forward_path, luser_relay, default_rbl_reply)
 *   BOOL   bool
 *   INT    int
 *   TIME   int            seconds
 *   SIZE   int64_t        octets (message_size_limit and the like; 0 means what the doc says)
 *   ENUM   const char *   one of a fixed set (lib/config/parameter.c), in that spelling
 */
struct config {
#define CONFIG_TEXT(name)                           const char *name;
#define CONFIG_RAW(name)                            const char *name;
#define CONFIG_ENUM(name)                           const char *name;
#define CONFIG_BOOL(name)                           bool name;
#define CONFIG_INT(name)                            int name;
#define CONFIG_TIME(name)                           int name;
#define CONFIG_SIZE(name)                           int64_t name;
#define P(kind, name, value, support, readers, doc) CONFIG_##kind(name)
#include "lib/config/parameters.def"
#undef P
    struct config_source *source; /* what was read; for config_lookup */
};

/*
 * config_read - read DIRECTORY/main.cf and evaluate every parameter
 *
 *  directory  "" or NULL: MAIL_CONFIG in the environment, else the built-in default
 *  overrides  "name=value" items as -o takes them; NULL for none
 *  service    the name in master.cf ($service_name), NULL for tools
 *  err        PERMANENT: no file, or a line in it or an override that is no setting
 *
 * A value that cannot be evaluated (a number with letters, or below its least) is the trouble of those programs
 * that read it: it is remembered for config_check, and its member has the default meanwhile, or nothing.
 * What is merely odd (config_report says it) is no error, nor is a bad value in a row that nothing obeys yet.
 */
struct config *config_read(const char *directory, const struct strlist *overrides,
                           const char *service, struct error *err) MUST_CHECK;

/*
 * config_check - can this program work with it?
 *
 *  program  as the table's readers are named ("smtpd"); NULL: nothing at all may be malformed
 *  err      the first value of those that it reads that cannot be evaluated. PERMANENT, in Postfix's words;
 *           TEMPORARY where a host name in inet_interfaces cannot be resolved and mynetworks depends on it
 */
bool config_check(const struct config *config, const char *program, struct error *err) MUST_CHECK;

/* config_read_for - both, for tools: a configuration that `program` can work with, or NULL */
struct config *config_read_for(const char *program, const char *directory,
                               struct error *err) MUST_CHECK;
void config_free(struct config **config);

/* config_directory - where main.cf was read from */
const char *config_directory(const struct config *config);

/* config_value - the evaluated value of any name, also user-defined ones; NULL when not set; false, with a warning, when
 * it cannot be evaluated. Borrowed until config_free. */
bool config_value(const struct config *config, const char *name, const char **value_r) MUST_CHECK;
/* config_lookup - where what cannot be evaluated may count as not set */
const char *config_lookup(const struct config *config, const char *name);

/* config_walk - one value after the other: of each TEXT and RAW parameter and of each name that main.cf
 * defines for itself; *position starts at 0; false at the end */
bool config_walk(const struct config *config, size_t *position, const char **value_r);

/* config_check_names - can all names that main.cf defines and that begin with `prefix` be evaluated? *err: the first that
 * cannot. PERMANENT */
bool config_check_names(const struct config *config, const char *prefix,
                        struct error *err) MUST_CHECK;

/*
 * config_expand - Postfix's $name, ${name}, $(name), ${name?text}, ${name:text}, ${name?{x}:{y}} and
 * ${{a} == {b} ? {x} : {y}} over names that a caller supplies
 *
 *  lookup   value of a name or NULL; borrowed
 *  filter   may be NULL; octets of expanded values that are not in it become '_' (as
 *           command_expansion_filter)
 *  err      PERMANENT: what is malformed, or out's limit; what was appended until then stays
 */
typedef const char *config_value_lookup(void *context, const char *name);
bool config_expand(const char *text, config_value_lookup *lookup, void *context, const char *filter,
                   struct buf *out, struct error *err) MUST_CHECK;

#endif
