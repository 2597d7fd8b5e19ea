export { type Act, type Done, isRequestId, openRequests, type Request, type Requests } from './requests.ts';
