/*
 * Dovecot's passwd-file: one user a line, user:password:uid:gid:gecos:home:shell:extra fields. Read
 * whole, looked up by hash, read again when the file changed.
 */
#ifndef BUZON_AUTH_PASSWD_FILE_H
#define BUZON_AUTH_PASSWD_FILE_H

#include "auth/entry.h"

struct passwd_file;

struct passwd_file *passwd_file_open(const char *path, struct error *err) MUST_CHECK;
void passwd_file_free(struct passwd_file **file);

/*
 * passwd_file_find - true with *entry_r (borrowed until the next call); false: ERROR_NONE when the
 * user is not there, TEMPORARY when the file cannot be read now and was never read
 */
bool passwd_file_find(struct passwd_file *file, const char *user, struct passwd_entry *entry_r,
                      struct error *err) MUST_CHECK;

/* passwd_file_sample - the password of some user who has one, borrowed until the next call; NULL: nobody has */
const char *passwd_file_sample(const struct passwd_file *file);

/* passwd_file_changed - since it was opened, or since the last call, it became another file or got other
 * content; costs a stat(2) */
bool passwd_file_changed(struct passwd_file *file);

/* passwd_file_parse_line - one line without its end; false for comments and lines without a user */
bool passwd_file_parse_line(struct arena *arena, struct span line, const char **user_r,
                            struct passwd_entry *entry_r) MUST_CHECK;

#endif
