/* The content of a message, as it passes by in blocks: its fields and lines, and what becomes of them. */
#ifndef BUZON_CLEANUP_CONTENT_H
#define BUZON_CLEANUP_CONTENT_H

#include "cleanup/message.h"

/* content_prepare - what a process needs for the content of all messages; the configuration and the tables are
 * there */
void content_prepare(struct message *message);
/* content_release - undo that */
void content_release(struct message *message);

/* content_begin - a new message */
void content_begin(struct message *message);
/* content_block - the next block of what the client sends, as it came */
void content_block(struct message *message, struct span block);
/* content_end - there is no more of it */
void content_end(struct message *message);

#endif
