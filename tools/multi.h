/* What the files of buzonmulti share: the instances of this machine, and what is asked of them. */
#ifndef BUZON_TOOLS_MULTI_H
#define BUZON_TOOLS_MULTI_H

#include "lib/base/strlist.h"
#include "lib/config/config.h"

struct multi_instance {
    struct config *config;
    const char *directory; /* of main.cf; the config's */
    bool is_primary;
};

enum multi_selection { SELECT_ALL, SELECT_NAME, SELECT_GROUP };

struct multi {
    const char *program;
    bool is_postmulti;                /* by Postfix's name: instances are called postfix-... */
    struct multi_instance *instances; /* the primary one first */
    size_t count;

    enum multi_selection selection;
    const char *selected;             /* name, directory or group */
    bool selects, selects_all;        /* any of -a, -g, -i; -a */
    bool reverse;                     /* -R */
    bool json;                        /* -j */
    const char *new_name, *new_group; /* -I, -G; NULL: as it is */
    bool verbose;
    char **arguments; /* behind the options, ended by NULL */
};

/* multi_load - the primary instance and those that it lists; what cannot be read ends the program */
void multi_load(struct multi *multi);
/* multi_is_selected - by -a, -g or -i */
bool multi_is_selected(const struct multi *multi, const struct multi_instance *instance);
/* multi_find - by name or directory, "-" is the primary one; NULL: there is none */
struct multi_instance *multi_find(const struct multi *multi, const char *name);

/* The modes; the value is main's. */
int multi_list(const struct multi *multi);                     /* -l */
int multi_run_command(const struct multi *multi);              /* -x */
int multi_run_buzon(const struct multi *multi);                /* -p */
int multi_edit(const struct multi *multi, const char *action); /* -e */

/* multi_run - a program and its arguments, ended by NULL, with the environment of an instance (NULL: ours);
 * its exit status */
int multi_run(const struct multi *multi, const struct multi_instance *instance,
              const char *const *arguments);

#endif
