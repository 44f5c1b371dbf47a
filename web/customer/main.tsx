import { loadCustomerTexts } from "../../common/languages/customer.js";
import { startKeyedPage } from "../shell/start.js";
import { CustomerPage } from "./customer-page.js";

startKeyedPage({
  pairCommand: "chequecard terminal key pair --node shop --role read",
  loadTexts: loadCustomerTexts,
  page: (session) => <CustomerPage {...session} />,
});
