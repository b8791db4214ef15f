/* A message on standard input as keys of header_checks and body_checks (buzonmap -h, -b). */
#ifndef BUZON_TOOLS_MESSAGE_KEYS_H
#define BUZON_TOOLS_MESSAGE_KEYS_H

#include "lib/base/base.h"

/*
 * message_keys - read a message to its end and visit what was asked for
 *
 *  header  each field of the header block, a folded one with its line ends within
 *  body    each line behind it
 */
void message_keys(int fd, bool header, bool body, void (*visit)(void *context, struct span key),
                  void *context);

#endif
