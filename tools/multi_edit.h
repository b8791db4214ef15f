/* What changes instances, and what makes them, share: tools/multi_edit.c, multi_create.c, multi_lists.c. */
#ifndef BUZON_TOOLS_MULTI_EDIT_H
#define BUZON_TOOLS_MULTI_EDIT_H

#include "tools/multi.h"

/* What an instance is, or shall be. */
struct multi_target {
    const char *name, *group; /* NULL: as they are */
    const char *config_directory, *queue_directory, *data_directory;
};

/* multi_check_names - -I and -G have octets that are safe, and the prefix that instances have */
void multi_check_names(const struct multi *multi);
/* multi_check_conflicts - nobody else has that name or these directories; else the program ends */
void multi_check_conflicts(const struct multi *multi, const struct multi_target *target);
/* multi_create - a new instance, or (import, or when it is there already) one as it is */
void multi_create(const struct multi *multi, const char *action);

/* multi_tool - path of a command of ours */
char *multi_tool(const struct multi *multi, const char *name);
/* multi_set - parameters in a directory's main.cf: "name = value" texts, ended by NULL */
void multi_set(const struct multi *multi, const char *directory, const char *const *settings);
/* multi_assign_names - -I and -G, "-" takes a name away */
void multi_assign_names(const struct multi *multi, const char *directory);
/* multi_list_in - a new instance into the primary one's list: before the first one that -i or -g names,
 * in front with -a, else behind */
void multi_list_in(const struct multi *multi, const char *directory);
/* multi_list_out - an instance out of that list; `allowed`: tools may still be pointed to it */
void multi_list_out(const struct multi *multi, const char *directory, bool allowed);

#endif
