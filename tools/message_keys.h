/* A message on standard input as keys of header_checks and body_checks (buzonmap -h, -b, -m). */
#ifndef BUZON_TOOLS_MESSAGE_KEYS_H
#define BUZON_TOOLS_MESSAGE_KEYS_H

#include "lib/base/base.h"

enum {
    MESSAGE_KEYS_HEADER =
        1, /* each field of the header block, a folded one with its line ends within */
    MESSAGE_KEYS_BODY = 2, /* each line behind it */
    MESSAGE_KEYS_MIME = 4, /* headers of parts, and of messages in it, are headers and not body */
};

/* message_keys - read a message to its end and visit what was asked for, in its order */
void message_keys(int fd, unsigned wanted, void (*visit)(void *context, struct span key),
                  void *context);

#endif
