/* Messages of our own to the postmaster (lib/queue/postmaster.h). */
#include "lib/queue/postmaster.h"

bool postmaster_wants(const struct config *config, const char *class)
{
    struct strlist classes = STRLIST_EMPTY;
    bool wants;

    strlist_split(&classes, config->notify_classes, ", \t\r\n");
    wants = strlist_has_nocase(&classes, class);
    strlist_release(&classes);
    return wants;
}

const char *postmaster_address(const struct config *config, struct arena *arena,
                               const char *recipient)
{
    if (strchr(recipient, '@') != NULL)
        return recipient;
    return arena_printf(arena, "%s@%s", recipient, config->myorigin);
}

const char *postmaster_sender(const struct config *config, struct arena *arena)
{
    if (strchr(config->double_bounce_sender, '@') != NULL)
        return config->double_bounce_sender;
    return arena_printf(arena, "%s@%s", config->double_bounce_sender, config->myhostname);
}
