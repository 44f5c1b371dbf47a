import { blockConversations } from "./conversations/blocks.js";
import { channelConversations } from "./conversations/channel.js";
import { domainConversations } from "./conversations/domain.js";
import { valueConversations } from "./conversations/values.js";

/**
 * Conversations with a card that end badly, each beside one that goes well: a host that makes mistakes on purpose speaks
 * with the reference's card.
 */
export const conversations = (): readonly unknown[] => [
  ...channelConversations(),
  ...blockConversations(),
  ...domainConversations(),
  ...valueConversations(),
];
