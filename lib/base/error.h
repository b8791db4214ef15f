/*
 * What went wrong, in a form that a mail server can act on. The function that knows the object
 * writes the text; callers hand the error up untouched; whoever handles it logs it, once.
 */
#ifndef BUZON_LIB_BASE_ERROR_H
#define BUZON_LIB_BASE_ERROR_H

enum error_kind {
    ERROR_NONE,      /* no error; with a false result: the peer closed in good order */
    ERROR_TEMPORARY, /* 4xx, deferral, NO [UNAVAILABLE]: trying again may help. In doubt, this. */
    ERROR_PERMANENT, /* 5xx, bounce: trying again cannot help */
    ERROR_MALFORMED, /* the peer's or the file's octets are wrong: 501, BAD */
};

#define ERROR_TEXT_MAX 1024 /* octets with the NUL; longer texts are cut */

struct error {
    enum error_kind kind;
    int number; /* errno, where the system gave one; else 0 */
    char text[ERROR_TEXT_MAX];
};

/* error_set - fill *err with a kind and a printf-formatted text; err may be NULL */
void error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF(3, 4);

/*
 * error_errno - fill *err from errno: the formatted text, ": " and the system's reason
 *
 * ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM, EIO, EAGAIN, EINTR, ETIMEDOUT, ECONN* and everything not
 * known to be final is TEMPORARY; ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EISDIR, EEXIST, EINVAL are
 * PERMANENT. A caller that knows better sets err->kind afterwards.
 */
void error_errno(struct error *err, const char *format, ...) PRINTF(2, 3);

/* error_prefix - put "context: " before the text that is there */
void error_prefix(struct error *err, const char *format, ...) PRINTF(2, 3);

/* error_is_no_room - did a disk have no room, or the user no share of it left? (ENOSPC, EDQUOT) */
bool error_is_no_room(const struct error *err);

/* error_clear - back to ERROR_NONE with an empty text */
void error_clear(struct error *err);

#endif
