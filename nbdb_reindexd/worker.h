/* A process for one table: it becomes the table's owner, and whatever happens to it happens to nobody else. */
#ifndef BUZON_NBDB_REINDEXD_WORKER_H
#define BUZON_NBDB_REINDEXD_WORKER_H

#include "lib/config/config.h"

struct worker_job {
    const struct config *config;
    const char *path;   /* of the source, plain (policy_is_plain) */
    const char *type;   /* that is to be made: "lmdb" */
    const char *suffix; /* of its file */
    bool is_alias;      /* main.cf has it as a table of aliases */
};

/* worker_run - false and *err: the table was not made; the texts are Postfix's */
bool worker_run(const struct worker_job *job, struct error *err) MUST_CHECK;

#endif
