/* More of the log for some peers (lib/map/debug_peer.h). */
#include "lib/map/debug_peer.h"

#include "lib/base/log.h"

struct debug_peers {
    struct match_list *list;
    bool is_empty;
    int level;
    int raised; /* by so much, for the peer at hand */
};

struct debug_peers *debug_peers_create(const struct config *config, bool through_proxy)
{
    struct debug_peers *peers = mem_new(struct debug_peers);

    peers->is_empty = config->debug_peer_list[0] == '\0';
    peers->level = config->debug_peer_level;
    peers->list = match_list_create(config, "debug_peer_list", config->debug_peer_list,
                                    MATCH_ADDRESS, through_proxy);
    return peers;
}

void debug_peers_begin(struct debug_peers *peers, const char *name,
                       const struct address_socket *address)
{
    struct error err;

    if (peers->is_empty || peers->raised > 0 ||
        match_list_client(peers->list, span_text(name), address, &err) != MAP_FOUND)
        return;
    peers->raised = peers->level;
    log_verbose += peers->raised;
}

void debug_peers_end(struct debug_peers *peers)
{
    log_verbose -= peers->raised;
    peers->raised = 0;
}

/* "AUTH PLAIN" of "AUTH PLAIN AGFuYQBzZWNyZXQ=" */
struct span debug_peers_public(struct span line)
{
    struct span rest = line;

    if (!span_equal_text_nocase(span_take_word(&rest), "AUTH"))
        return line;
    (void)span_take_word(&rest);
    return span_trim(span_first(line, line.len - rest.len));
}

void debug_peers_line(char sign, const char *label, struct span text)
{
    while (log_verbose > 0 && text.len > 0) {
        struct span line = span_take_until(&text, '\n');

        if (line.len > 0 && line.data[line.len - 1] == '\r')
            line.len--;
        line = debug_peers_public(line);
        log_info("%c %s: %.*s", sign, label, SPAN_PRINTF(line));
    }
}
