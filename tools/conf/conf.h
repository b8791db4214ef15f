/* What the parts of buzonconf share: the configuration it works on, and how it is to be shown. */
#ifndef BUZON_TOOLS_CONF_CONF_H
#define BUZON_TOOLS_CONF_CONF_H

#include "lib/base/strlist.h"
#include "lib/config/source.h"
#include "lib/config/usage.h"

enum show {
    SHOW_FOLDED = 1,    /* -f: long lines continue on the next one */
    SHOW_NO_NAMES = 2,  /* -h */
    SHOW_NO_VALUES = 4, /* -H */
    SHOW_EXPANDED = 8,  /* -x */
    SHOW_SET = 16,      /* -n: only what is set */
    SHOW_JSON = 32,     /* -j: a JSON object a line */
    SHOW_ALL = 64,      /* -PP: what a service sets, and what it does not */
};

enum parameter_class { CLASS_BUILTIN = 1, CLASS_SERVICE = 2, CLASS_USER = 4 };

struct conf {
    unsigned show;    /* enum show */
    unsigned classes; /* enum parameter_class */
    struct strlist overrides;
    struct config_source *source;
    struct master_cf *master_cf;        /* NULL: there is none */
    struct conf_service_list *services; /* the same as written */
    struct usage *usage;
};

#endif
