/* How an explanation is written: lines for people, or a JSON object a line. */
#ifndef BUZON_TOOLS_CONF_EXPLANATION_H
#define BUZON_TOOLS_CONF_EXPLANATION_H

#include "lib/map/map.h"

struct explanation {
    struct buf *out;
    bool json;
    const char *address; /* that is explained */
    const char *stage;   /* the program whose step is told; NULL: none yet */
};

/* explanation_stage - what follows is done by this program; borrowed until the next one */
void explanation_stage(struct explanation *explanation, const char *program);
/* explanation_fact - something that is so; an empty value is told as "-" to people */
void explanation_fact(struct explanation *explanation, const char *name, const char *value);
/* explanation_look_up - a map_watch: what a table was asked and what it said, with file and line */
void explanation_look_up(void *explanation, const struct map_event *event);

#endif
