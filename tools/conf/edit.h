/*
 * Changes of main.cf and master.cf. What is not concerned stays as it is: comments, order, blanks.
 * The file is replaced as a whole or not at all, and keeps its owner and permissions; who else
 * edits by these functions waits.
 */
#ifndef BUZON_TOOLS_CONF_EDIT_H
#define BUZON_TOOLS_CONF_EDIT_H

#include "lib/base/file.h"
#include "lib/base/strlist.h"

enum edit { EDIT_SET, EDIT_COMMENT_OUT, EDIT_REMOVE };

/*
 * edit_main - "name=value" for EDIT_SET, else names
 *
 *  directory  of main.cf
 *  err        a malformed request, or what stands in the way of the file
 */
bool edit_main(const char *directory, enum edit edit, const struct strlist *requests,
               struct error *err) MUST_CHECK;

/* -M: "service/type=entry" for EDIT_SET, else "service/type" */
bool edit_services(const char *directory, enum edit edit, const struct strlist *requests,
                   struct error *err) MUST_CHECK;
/* -F: "service/type/field=value" */
bool edit_fields(const char *directory, const struct strlist *requests,
                 struct error *err) MUST_CHECK;
/* -P: "service/type/parameter=value" for EDIT_SET, "service/type/parameter" for EDIT_REMOVE */
bool edit_service_parameters(const char *directory, enum edit edit, const struct strlist *requests,
                             struct error *err) MUST_CHECK;

/* A file being changed. */
struct edited_file {
    char *path; /* with symbolic links followed */
    int directory;
    const char *name; /* in it */
    char *lock_name;  /* beside it, as long as it is being changed */
    int lock;
    struct stat status;
    struct buf old;
    struct buf changed;
};

/* edited_file_open - read `directory`/`name` and keep others from editing it */
bool edited_file_open(struct edited_file *file_r, const char *directory, const char *name,
                      struct error *err) MUST_CHECK;
/* edited_file_store - `changed` takes the place of the file */
bool edited_file_store(struct edited_file *file, struct error *err) MUST_CHECK;
void edited_file_close(struct edited_file *file);

/* edit_is_comment - a comment or blank line: such lines stay, also within what goes */
bool edit_is_comment(struct span line);
/* edit_put_line - a line of the file, with its line end, behind `prefix` */
void edit_put_line(struct buf *out, const char *prefix, struct span line);

/* edit_request_check - a request on one line that is no comment; `options` begin the text of *err */
bool edit_request_check(const char *options, const char *request, struct error *err) MUST_CHECK;

#endif
