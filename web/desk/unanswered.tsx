import { useState } from "preact/hooks";
import { Confirm } from "./confirm.js";
import { useDesk } from "./desk.js";
import { send, unanswered } from "./order.js";

/** An order whose answer was lost with the page: it is finished under its key, and booked once. */
export function Unanswered() {
  const { session, mayMove, say } = useDesk();
  const { pending } = session.texts;
  const [order, setOrder] = useState(unanswered);
  if (!order || !mayMove) return null;
  return (
    <Confirm
      title={pending.title}
      question={pending.text(order.what)}
      button={pending.finish}
      onDone={() => setOrder(undefined)}
      work={async () => {
        await send(session.api, order);
        say({ kind: "notice", text: `${pending.booked} ${order.what}` });
      }}
    />
  );
}
