/*
 * What buzonmap and buzonalias share: everything but the syntax of their sources. main describes the
 * command and calls table_tool_main.
 */
#ifndef BUZON_TOOLS_TABLE_TOOL_H
#define BUZON_TOOLS_TABLE_TOOL_H

#include "lib/map/map.h"
#include "lib/map/table_source.h"

#define TABLE_KEY_MAX (1024U * 1024) /* octets of a line of standard input */

struct table_tool;

struct table_command {
    const char *reader;    /* what it is as a reader of parameters */
    const char *options;   /* for getopt(3) */
    const char *usage;     /* what stands behind the program's name */
    const char *separator; /* between key and value in listings */
    table_parse *parse;    /* of a source's line; its context is the struct table_tool */
    const char *signature; /* an entry "x: x" that a complete table has; NULL: none */
};

struct table_tool {
    const struct table_command *command;
    const char *program; /* the name that it was called by */
    struct config *config;
    bool folds;              /* not -f */
    bool utf8;               /* smtputf8_enable, and not -u */
    bool incremental;        /* -i */
    bool without_nul;        /* -n */
    bool replaces;           /* -r */
    bool ignores_duplicates; /* -w */
    bool as_owner;           /* not -o */
    bool inherits_mode;      /* not -p */
    bool lists;              /* -s */
    bool values_are_files;   /* -F */
    unsigned message_keys;   /* -h, -b, -m: tools/message_keys.h */
    bool json;               /* -j */
    const char *query;       /* -q; NULL: none */
    const char *removal;     /* -d; NULL: none */
    char *const *tables;     /* the rest of the command line, ended by NULL */
};

/* table_tool_main - the value is main's */
int table_tool_main(const struct table_command *command, int argc, char *argv[]);

/* table_tool_specification - "type:name", with default_database_type where there is none; owned */
char *table_tool_specification(const struct table_tool *tool, const char *table)
    __attribute__((returns_nonnull));

/* The four things that it can do; the value is main's. What cannot be done ends the process. */
int table_tool_query(const struct table_tool *tool);
int table_tool_remove(const struct table_tool *tool);
int table_tool_list(const struct table_tool *tool);
int table_tool_build(const struct table_tool *tool);

#endif
