/*
 * What tools know of their caller. The set-group-id ones run for anybody: they take a configuration
 * directory only from those who may choose one.
 */
#ifndef BUZON_TOOLS_CALLER_H
#define BUZON_TOOLS_CALLER_H

#include "lib/config/config.h"

/*
 * caller_config - the configuration in `directory` (NULL: MAIL_CONFIG, else the built-in default), for `program`
 *
 * With rights that the caller does not have by himself, a directory must be the built-in one, or be
 * listed there in alternate_config_directories; root may name any. Of the environment only import_environment is left
 * then: what a library of a database reads in it is not the caller's to say.
 */
struct config *caller_config(const char *program, const char *directory,
                             struct error *err) MUST_CHECK;

/*
 * caller_program - the name that we were called by, without its directory, which is from now on that of
 * our messages and getopt(3)'s: by a name of Postfix's tools, scripts see what those would say
 *
 * Call it first: standard descriptors that were closed are /dev/null from then on, so that no file or connection of
 * ours becomes one of them, and gets our messages.
 */
const char *caller_program(int argc, char *argv[]) __attribute__((returns_nonnull));
/* caller_make_printable - a name stands before each message, on its line: control characters become '?' */
void caller_make_printable(char *name);
/* caller_is_watched - false: called by the name of a tool of Postfix that says nothing on standard error
 * unless that is a terminal, as postfix(1) and postlog(1): it may be somebody's mail */
bool caller_is_watched(const char *program);
/* caller_spare_stderr - when nobody watches, messages go to syslog alone, for the time being */
void caller_spare_stderr(const char *program);
/* caller_log - what is said on standard error goes to the log of this configuration too; where the caller
 * may not write to its file, to standard error alone */
void caller_log(const struct config *config, const char *program);
/* caller_name - of the account that runs us, or its number; owned */
char *caller_name(void);
/* caller_is_owner - root, or the account that the queue belongs to */
bool caller_is_owner(const struct config *config);

#endif
